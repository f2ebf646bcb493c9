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

test.each(['asked to stop', 'not asked'])('a signal that comes when the command has ended changes nothing: %s', async (how) => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  const { signal, release } = stopSignal()
  if (how === 'asked to stop') process.emit('SIGINT')
  release()
  process.emit('SIGTERM')
  process.emit('SIGHUP')
  expect([signal.aborted, exit.mock.calls]).toEqual([how === 'asked to stop', []])
  await setTimeout(1100)
  process.emit('SIGINT')
  expect(exit.mock.calls).toEqual([[process.exitCode]])
})
