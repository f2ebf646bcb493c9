import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { stopSignal } from '../../cli/signals.ts'

afterEach(() => {
  vi.restoreAllMocks()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
})

test('signals that come together are one wish to stop, a later one ends at once', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  const { signal } = stopSignal()
  process.emit('SIGTERM')
  process.emit('SIGTERM')
  process.emit('SIGHUP')
  expect([signal.aborted, exit.mock.calls]).toEqual([true, []])
  await setTimeout(1100)
  process.emit('SIGINT')
  expect(exit.mock.calls).toEqual([[130]])
})

test('a signal that comes when the command has stopped does not end the process', () => {
  const { release } = stopSignal()
  process.emit('SIGINT')
  release()
  expect(process.listenerCount('SIGINT')).toBe(1)
})

test('a command that was not asked to stop leaves no trace', () => {
  stopSignal().release()
  expect(process.listenerCount('SIGINT')).toBe(0)
})
