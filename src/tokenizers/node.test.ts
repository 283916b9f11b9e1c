/** Where a hub's token comes from in Node: as `huggingface_hub` 2.4.0 answers to the same variables and files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hubForNode } from './node.ts'

const home = mkdtempSync(join(tmpdir(), 'tunegraph-hub-'))
afterAll(() => rmSync(home, { recursive: true }))
for (const path of ['a/token', 'hfhome/token', 'xdg/huggingface/token', '.cache/huggingface/token', 'blank/token']) {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), path.startsWith('blank') ? ' \n' : `${path.replaceAll('/', '-')}\n`)
}

/** `@` stands for the home folder. */
const ROWS: readonly (readonly [Readonly<Record<string, string>>, string | undefined])[] = [
  [{}, '.cache-huggingface-token'],
  [{ HF_TOKEN: ' x ' }, 'x'],
  [{ HUGGING_FACE_HUB_TOKEN: 'old' }, 'old'],
  [{ HF_TOKEN: 'x', HUGGING_FACE_HUB_TOKEN: 'old' }, 'x'],
  [{ HF_HOME: '@/hfhome' }, 'hfhome-token'],
  [{ HF_HOME: '~/hfhome' }, 'hfhome-token'],
  [{ XDG_CACHE_HOME: '@/xdg' }, 'xdg-huggingface-token'],
  [{ HF_TOKEN_PATH: '@/a/token', HF_HOME: '@/hfhome' }, 'a-token'],
  [{ HF_TOKEN_PATH: '@/nowhere' }, undefined],
  [{ HF_TOKEN_PATH: '@/blank/token' }, undefined],
  [{ HF_TOKEN: '' }, '.cache-huggingface-token'],
  [{ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, undefined],
  [{ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', HF_TOKEN: 'x' }, undefined],
]

test.each(ROWS)('%j gives the token %s', async (variables, token) => {
  const environment = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replace('@', home)] as const),
  )
  const withEndpoint = { ...environment, HF_ENDPOINT: 'https://mirror.example/' }
  expect((await hubForNode(environment, home)).token).toBe(token)
  expect((await hubForNode(withEndpoint, home)).endpoint).toBe('https://mirror.example')
})
