// A small cache that forgets what was used least recently, by weight.

/** Values by name; the weights of what is kept never add up to more than `capacity`, save for one single value. */
export class RecentCache<T> {
  readonly #capacity: number
  readonly #values = new Map<string, { value: T; weight: number }>()
  #weight = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(name: string): T | undefined {
    const found = this.#values.get(name)
    if (found === undefined) return undefined
    this.#values.delete(name)
    this.#values.set(name, found)
    return found.value
  }

  set(name: string, value: T, weight: number): void {
    this.delete(name)
    this.#values.set(name, { value, weight })
    this.#weight += weight
    for (const oldest of this.#values.keys()) {
      if (this.#weight <= this.#capacity || oldest === name) break
      this.delete(oldest)
    }
  }

  delete(name: string): void {
    const found = this.#values.get(name)
    if (found === undefined) return
    this.#values.delete(name)
    this.#weight -= found.weight
  }
}
