import { expect, test } from '@playwright/test'
import { card, openApp, watchErrors } from './app.ts'
import { readNewestRun } from './runLog.ts'
import type { Logged } from './runLog.ts'

type Result = Logged['results'][number]

/** Bars of the main job: seconds in a headless page on two cores, and what the held-out rows must show. */
const SECONDS = 150
const BASE_AT_MOST = 0.05
const SFT_AT_LEAST = 0.3
const RL_GAIN = 0.15

test('SFT, then RL, then evaluation run on the nodes and meet their bars; the playground talks to the results', async ({
  page,
}) => {
  test.setTimeout(420_000)
  const errors = watchErrors(page)
  await openApp(page)
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await expect(run).not.toHaveAttribute('aria-disabled', 'true', { timeout: 20_000 })
  const began = Date.now()
  await run.click()

  // A curve is painted on the SFT card while it trains.
  const curve = card(page, 'SFT').first().locator('canvas.tg-spark')
  await expect(curve).toBeVisible({ timeout: 30_000 })
  await expect
    .poll(
      () =>
        curve.evaluate(
          (c: HTMLCanvasElement) =>
            new Uint32Array(c.getContext('2d')!.getImageData(0, 0, c.width, c.height).data.buffer).filter(
              (p) => p !== 0,
            ).length,
        ),
      { timeout: 30_000 },
    )
    .toBeGreaterThan(20)
  await expect(
    page
      .getByRole('status')
      .getByText('Run finished')
      .or(page.getByText(/· Finished ·|Finished ·/))
      .first(),
  ).toBeVisible({ timeout: 360_000 })
  const seconds = (Date.now() - began) / 1000

  const { results, points } = await readNewestRun(page)
  console.log(
    `  main job: ${seconds.toFixed(0)} s, ${results.map((r) => `${r.label} ${r.score.toFixed(3)}`).join(', ')}`,
  )
  expect(errors).toEqual([])
  expect(results).toHaveLength(3)
  const [base, sft, rl] = results as [Result, Result, Result]
  const heldout = points['sft heldout/loss']!.map(([, loss]) => loss)
  expect(base.n).toBeGreaterThanOrEqual(200)
  expect(base.score).toBeLessThanOrEqual(BASE_AT_MOST)
  expect(sft.score).toBeGreaterThanOrEqual(SFT_AT_LEAST)
  expect(rl.score - sft.score).toBeGreaterThanOrEqual(RL_GAIN)
  expect(heldout.at(-1)!).toBeLessThanOrEqual(heldout[0]! / 2)
  expect(seconds).toBeLessThanOrEqual(SECONDS)

  await page.getByRole('tab', { name: 'Playground' }).click()
  await page.getByLabel('Question to all policies').fill('banana split')
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
  await expect(page.getByText(/\d+ tokens · /)).toHaveCount(2, { timeout: 20_000 })
})
