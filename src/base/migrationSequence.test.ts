import { describe, expect, test } from 'vitest'
import { migrationSequence } from './migrationSequence.ts'

const twice = { id: 'thing/1', up: (n: number) => n * 2 }
const plus = { id: 'thing/2', up: (n: number) => n + 1 }

describe('a migration sequence', () => {
  test('applies what is missing, in order', () => {
    const sequence = migrationSequence<number>('thing', [twice, plus])
    expect(sequence.current).toBe(3)
    expect(sequence.upgrade(5, 1)).toEqual({ ok: true, value: 11 })
    expect(sequence.upgrade(5, 2)).toEqual({ ok: true, value: 6 })
    expect(sequence.upgrade(5, 3)).toEqual({ ok: true, value: 5 })
  })
  test('refuses a gap, a wrong start and a foreign id', () => {
    expect(() => migrationSequence<number>('thing', [plus])).toThrow('thing/1')
    expect(() => migrationSequence<number>('thing', [twice, { ...plus, id: 'thing/3' }])).toThrow('thing/2')
    expect(() => migrationSequence('other', [twice])).toThrow('other/1')
  })
  test('turns a failing migration and a version that is none into a value', () => {
    const broken = migrationSequence<number>('thing', [
      {
        id: 'thing/1',
        up: () => {
          throw new Error('no')
        },
      },
    ])
    expect(broken.upgrade(1, 1)).toEqual({ ok: false, error: 'migration thing/1 failed: no' })
    expect(broken.upgrade(1, 0)).toEqual({ ok: false, error: '0 is not a version' })
    expect(broken.upgrade(1, 1.5)).toEqual({ ok: false, error: '1.5 is not a version' })
  })
})
