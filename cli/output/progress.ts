// One line on a terminal that is written over and over.

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  readonly isShown: boolean
  #written = false

  constructor(stream: NodeJS.WriteStream, isShown: boolean) {
    this.#stream = stream
    this.isShown = isShown
  }

  /** Writes the line anew, cut to the terminal's width. */
  show(text: string): void {
    if (!this.isShown) return
    const width = Math.max(20, this.#stream.columns || 80)
    this.#stream.write(`\r\x1b[K${text.slice(0, width - 1)}`)
    this.#written = true
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#written) this.#stream.write('\r\x1b[K')
    this.#written = false
  }
}
