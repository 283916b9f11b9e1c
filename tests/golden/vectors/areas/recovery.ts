/** How a lost run is rebuilt, how a failing server is left alone, and which archives are refused. */
import { readPolicy } from '#src/tinker/recovery/policy.ts'
import { recover } from '#src/tinker/recovery/recover.ts'
import { startJournal, withSave } from '#src/tinker/recovery/journal.ts'
import { memorySink } from '#src/tinker/archives/sinks.ts'
import { unpackArchive } from '#src/tinker/archives/unpack.ts'
import { CircuitBreaker } from '#src/tinker/transport/circuitBreaker.ts'
import { inChunks, rawTar } from '#src/tinker/testing/hostileTars.ts'
import { check, same } from '../vector.ts'
import { settled, withService } from '../conversation.ts'

export const policy = check<unknown, Record<string, unknown>>((input, expected) => {
  const { enabled, maxAttempts, strategy, backoffMs, maxBackoffMs, pollMs, restoreOptimizer } = readPolicy(input)
  const named = { enabled, max_attempts: maxAttempts, checkpoint_strategy: strategy, backoff_ms: backoffMs }
  const times = { max_backoff_ms: maxBackoffMs, poll_interval_ms: pollMs, restore_optimizer: restoreOptimizer }
  same({ ...named, ...times }, expected)
})

/** The monitor is what detects; here the run is known to be lost, so that word comes before the rest. */
export const events = check<{ attempts: string[] }, string[]>(async ({ attempts }, expected) => {
  await withService({}, async ({ peer, service }) => {
    const failures = attempts
      .filter((attempt) => attempt === 'error')
      .map(() => ({ status: 400, body: '{"detail":"x"}' }))
    peer.fault('weights_info', ...failures)
    const said = ['detected']
    const journal = withSave(startJournal({ baseModel: 'tiny' }), { step: 1, path: 'tinker://r/weights/1' })
    const options = {
      policy: { maxAttempts: attempts.length > 2 ? attempts.length : 3, backoffMs: 1, maxBackoffMs: 1 },
      onEvent: ({ type }: { type: string }) => void said.push(type),
    }
    await settled(recover(service, journal, options))
    same(said, expected)
  })
})

type Circuit = { failure_threshold: number; reset_timeout_ms: number }

/** The script of the case: one failure, a second, the reset time; then a success, or a failure. */
export const circuit = check<Circuit, string[]>((input, expected) => {
  let now = 0
  const states: string[] = []
  const opened = (): CircuitBreaker => {
    now = 0
    const breaker = new CircuitBreaker({
      failures: input.failure_threshold,
      resetMs: input.reset_timeout_ms,
      now: () => now,
    })
    states.splice(0, states.length, breaker.state)
    for (let i = 0; i < input.failure_threshold; i++) {
      breaker.failed()
      states.push(breaker.state)
    }
    now += input.reset_timeout_ms
    states.push(breaker.state)
    return breaker
  }
  const well = opened()
  well.succeeded()
  const again = opened()
  again.failed()
  same([...states, `${well.state}|${again.state}`], expected)
})

type Member = { member: string; symlink?: boolean; hardlink?: boolean }

export const archives = check<Member[], string[]>(async (input, expected) => {
  const ends: string[] = []
  for (const { member, symlink, hardlink } of input) {
    const tar = rawTar([
      { name: member, sort: symlink ? '2' : hardlink ? '1' : '0', data: symlink || hardlink ? '' : 'x' },
    ])
    const sink = memorySink()
    const read = await unpackArchive(inChunks(tar, 512), sink)
    ends.push(read.ok && sink.files.size === 1 ? 'extracted' : 'refused')
  }
  same(ends, expected)
})
