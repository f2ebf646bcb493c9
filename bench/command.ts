/** A program to run and measure. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Added to PATH, a UTF-8 locale and the tool's own HOME: nothing else of the caller's environment reaches it. */
  readonly env: Readonly<Record<string, string>>
}

export interface Measurement {
  readonly wallSeconds: number
  /** User and system time of the program and all that it started. */
  readonly cpuSeconds: number
  /** Largest resident set of any one process of the program. */
  readonly peakBytes: number
}

/** What run-measured.ts prints: a measurement and how the program ended. */
export interface MeasuredRun extends Measurement {
  readonly exitCode: number | null
  readonly signal: string | null
}
