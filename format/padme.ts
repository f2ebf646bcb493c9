/** The Padmé size of `size` bytes: the smallest allowed size that is not below it. Sizes below 2 stay as they are. SPEC §6.3 */
export function padme(size: number): number {
  if (size < 2) return size
  const exponent = floorLog2(size)
  const step = 2 ** (exponent - floorLog2(exponent) - 1)
  return Math.ceil(size / step) * step
}

function floorLog2(n: number): number {
  const high = Math.floor(n / 2 ** 32)
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(n)
}
