/** The app as a person finds it: by names and roles, with real pointer, keyboard and storage. */
import { readFileSync } from 'node:fs'
import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

export type Point = { readonly x: number; readonly y: number }

/** Everything that went wrong in the page and that no test asked for. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  return errors
}

/** Opens the app with nothing in storage; the example is on the canvas. */
export async function openApp(page: Page): Promise<void> {
  await page.goto('/')
  await expectCards(page, readFileSync('examples/sft-to-rl.tunegraph.json', 'utf8'))
}

/** Waits for the cards of all nodes of a graph: they come one after another. */
export async function expectCards(page: Page, text: string): Promise<void> {
  const { nodes } = JSON.parse(text) as { readonly nodes: object }
  await expect(page.locator('[data-card]')).toHaveCount(Object.keys(nodes).length)
}

/** A new, empty document. */
export async function newDocument(page: Page): Promise<void> {
  await runCommand(page, 'New graph')
  await expect(page.locator('[data-card]')).toHaveCount(0)
}

/** Runs a command as a person does who knows only its name. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('Control+K')
  const box = page.getByRole('dialog').getByRole('combobox')
  await box.fill(title)
  await page.getByRole('option', { name: title }).first().click()
}

export function card(page: Page, name: string): Locator {
  return page.getByRole('group', { name: new RegExp(`^${escape(name)}(,| \\(|$)`) })
}

/** Drags a kind from the palette to a place of the canvas. */
export async function dropKind(page: Page, title: string, at: Point): Promise<void> {
  const item = page.getByRole('navigation', { name: 'Nodes' }).getByRole('button', { name: title, exact: true })
  const from = await middle(item)
  const canvas = (await page.locator('.tg-canvas').boundingBox())!
  await drag(page, from, { x: canvas.x + at.x, y: canvas.y + at.y })
}

/** The sign of a port, where wires begin and end. */
export function port(node: Locator, key: string, direction: 'in' | 'out'): Locator {
  return node.locator(`[data-port="${key}"][data-direction="${direction}"] .tg-port-dot`)
}

export async function dragWire(page: Page, from: Locator, to: Locator): Promise<void> {
  await drag(page, await middle(from), await middle(to))
}

export async function drag(page: Page, from: Point, to: Point): Promise<void> {
  await hold(page, from, to)
  await page.mouse.up()
}

export async function hold(page: Page, from: Point, to: Point): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x + 6, from.y + 6, { steps: 2 })
  await page.mouse.move(to.x, to.y, { steps: 8 })
}

export async function middle(target: Locator): Promise<Point> {
  const box = (await target.boundingBox())!
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

export function edges(page: Page): Locator {
  return page.locator('.react-flow__edge')
}

export function undo(page: Page): Promise<void> {
  return page.keyboard.press('Control+Z')
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
