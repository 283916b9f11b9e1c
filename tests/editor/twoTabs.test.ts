/** Two tabs of one browser: one edits a graph, the other looks on until it takes over. */
import { afterEach, expect, test } from 'vitest'
import { emptyDoc } from '#src/graph/model.ts'
import type { DocId } from '#src/base/ids.ts'
import { countingIds } from '#src/base/ids.ts'
import { testLocks } from '#src/persist/testing/locks.ts'
import { createStorage } from '#src/persist/storage.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'

const GRAPH = 'd_1' as DocId
const READ_ONLY = /open in another tab/

let count = 0
let channels: BroadcastChannel[] = []
afterEach(() => {
  for (const channel of channels) channel.close()
  channels = []
})

/** Both with the same graph; the first one edits it. */
async function tabs(): Promise<readonly [TestEditor, TestEditor]> {
  const shared = { storage: createStorage({ name: `tabs-${++count}` }), locks: testLocks() }
  const open = (ids = countingIds()): TestEditor => {
    const channel = new BroadcastChannel(`tabs-${count}`)
    channels.push(channel)
    return createTestEditor({ ids, doc: emptyDoc('d_before' as DocId), tab: { ...shared, channel } })
  }
  const [first, second] = [open(), open()]
  await first.editor.documents.create('Shared')
  expect(first.doc().id).toBe(GRAPH)
  expect(await second.editor.documents.open(GRAPH)).toBe(true)
  return [first, second]
}

const access = (t: TestEditor): string => t.editor.documents.state.access
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('the second tab looks on: nothing it does changes the graph, and it is told why', async () => {
  const [first, second] = await tabs()
  expect([access(first), access(second)]).toEqual(['here', 'elsewhere'])
  first.add('model')
  const before = second.doc()
  expect(() => second.add('dataset')).toThrow()
  second.editor.documents.rename('Mine')
  second.editor.commands.run('edit.paste', { text: JSON.stringify([{ question: '1', answer: '2' }]) })
  expect(second.doc()).toBe(before)
  expect(second.said().length).toBeGreaterThanOrEqual(3)
  for (const said of second.said()) expect(said).toMatch(READ_ONLY)
})

test('undo is refused as well in a tab that edited before', async () => {
  const [first, second] = await tabs()
  first.add('model')
  await second.editor.documents.takeOver()
  await until(() => access(first) === 'elsewhere')
  const before = first.doc()
  first.press('Mod+Z')
  expect(first.doc()).toBe(before)
  expect(first.said().at(-1)).toMatch(READ_ONLY)
})

test('taking over saves there first and reads the graph here', async () => {
  const [first, second] = await tabs()
  const node = first.add('model')
  expect(first.editor.documents.state.save.phase).toBe('unsaved')
  await second.editor.documents.takeOver()
  await until(() => access(second) === 'here')
  expect(first.editor.documents.state.save.phase).toBe('saved')
  expect(access(first)).toBe('elsewhere')
  expect(second.doc()).toEqual(first.doc())
  const added = second.add('dataset')
  expect(added).not.toBe(node)
  await second.editor.documents.flush()
  expect(second.editor.documents.state.save.phase).toBe('saved')
  await first.editor.documents.takeOver()
  await until(() => access(first) === 'here')
  expect(first.doc()).toEqual(second.doc())
})

test('a graph that another tab edits is not deleted here', async () => {
  const [, second] = await tabs()
  expect(second.editor.commands.run('file.delete')).toMatchObject({
    ran: false,
    reason: expect.stringMatching(READ_ONLY),
  })
  await second.editor.documents.remove(GRAPH)
  expect(second.editor.documents.state.problem?.code).toBe('PS6013')
  expect(second.doc().id).toBe(GRAPH)
  expect(second.editor.documents.state.list.map((head) => head.id)).toContain(GRAPH)
})

test('a tab that opens another graph lets go, and the other one edits', async () => {
  const [first, second] = await tabs()
  first.add('model')
  await first.editor.documents.create('Other')
  await until(() => access(second) === 'here')
  expect(Object.keys(second.doc().nodes)).toHaveLength(1)
  expect(access(first)).toBe('here')
})
