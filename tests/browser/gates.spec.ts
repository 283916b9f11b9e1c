import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { card, openApp, watchErrors } from './app.ts'
import { dropGraph } from './dropGraph.ts'

/** Two steps of SFT, a look at it, and a gate that no two steps can pass, with a second trainer behind its failure. */
function gated(): string {
  const doc = JSON.parse(readFileSync('examples/sft.tunegraph.json', 'utf8'))
  const { nodes, edges } = doc
  Object.assign(nodes.sft.params, { maxSteps: 2, evalEvery: 0 })
  Object.assign(nodes.compare.params, { limit: 4 })
  const wire = (from: string, to: string): void => {
    const [[a, out], [b, into]] = [from.split('.'), to.split('.')]
    const id = `${a}-${out}-${b}-${into}`
    edges[id] = { id, from: { node: a, port: out }, to: { node: b, port: into } }
  }
  const at = { x: 672, y: 400 }
  const params = { comparison: 'at-least', against: 'number', threshold: 0.9 }
  nodes.gate = { ...nodes.compare, id: 'gate', kind: 'gate', title: 'Good enough?', params, position: at }
  nodes.more = { ...nodes.sft, id: 'more', title: 'Once more', position: { x: 1008, y: 400 } }
  wire('after-sft.saved', 'gate.policy')
  wire('compare.scores', 'gate.scores')
  wire('gate.failed', 'more.policy')
  wire('lessons.rows', 'more.dataset')
  return JSON.stringify(doc)
}

test('a gate says in the plan what hangs on it, and on its card what it came to', async ({ page }) => {
  test.setTimeout(120_000)
  const errors = watchErrors(page)
  await openApp(page)
  await dropGraph(page, 'gated.tunegraph.json', gated())
  const gate = card(page, 'Good enough?')
  await expect(gate).toContainText('Decides when the scores are there')
  await page.keyboard.press('Control+Shift+Enter')
  const plan = page.getByRole('dialog', { name: 'Plan' })
  await expect(plan).toContainText('3 stages run, 1 of them only if a gate says so.')
  await expect(plan.getByRole('region', { name: 'In all' })).toContainText('steps2 – 4rollouts')
  await expect(plan.locator('[data-stage="more"]')).toContainText('if “Good enough?” does not pass')
  await plan.getByRole('button', { name: 'Run 3 stages' }).click()
  await expect(gate).toContainText('does not pass', { timeout: 60_000 })
  await expect(card(page, 'Once more')).toContainText('✓', { timeout: 60_000 })
  expect(errors).toEqual([])
})

test('a choice says on its card whom it took, and that it was a tie', async ({ page }) => {
  test.setTimeout(120_000)
  const doc = JSON.parse(readFileSync('examples/sft.tunegraph.json', 'utf8'))
  const { nodes, edges } = doc
  Object.assign(nodes.sft.params, { maxSteps: 1, evalEvery: 0 })
  Object.assign(nodes.compare.params, { limit: 4 })
  const position = { x: 672, y: 400 }
  nodes.best = {
    ...nodes.compare,
    id: 'best',
    kind: 'best-of',
    title: 'The best',
    params: { goal: 'highest' },
    position,
  }
  edges.scores = { id: 'scores', from: { node: 'compare', port: 'scores' }, to: { node: 'best', port: 'scores' } }
  await openApp(page)
  await dropGraph(page, 'chosen.tunegraph.json', JSON.stringify(doc))
  const best = card(page, 'The best')
  await expect(best).toContainText('Chooses when the scores are there')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  // After one step nobody answers anything right.
  await expect(best).toContainText('Base modeltie of 20.000', { timeout: 60_000 })
})
