// JSON for programs. Bytes are hexadecimal, maps are objects; one object stands on one line.

/** The JSON text of a value. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, replacer)
}

function replacer(this: unknown, key: string, value: unknown): unknown {
  // Buffers have turned themselves into something else by the time that they get here.
  const own = (this as Record<string, unknown>)[key]
  if (own instanceof Uint8Array) return Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString('hex')
  if (own instanceof Map) return Object.fromEntries(own)
  return own instanceof Set ? [...own] : value
}

/** The pieces of a JSON object with a long list, which never stands in memory as a whole; `tail` gives what comes after it. */
export async function* jsonWithList(
  head: object,
  name: string,
  items: AsyncIterable<unknown> | Iterable<unknown>,
  tail: () => object = () => ({}),
): AsyncGenerator<string> {
  yield jsonText({ ...head, [name]: [] }).slice(0, -2)
  let comma = ''
  for await (const item of items) {
    yield comma + jsonText(item)
    comma = ','
  }
  const rest = jsonText(tail()).slice(1)
  yield `]${rest === '}' ? '' : ','}${rest}\n`
}
