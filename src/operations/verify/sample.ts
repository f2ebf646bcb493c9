/** What is remembered of a pack. */
export interface VerifiedPack {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly ok: boolean
}
