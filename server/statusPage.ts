/** The page at `/` of `tunegraph serve`: what this is, how to use it, its models, runs and checkpoints. No script, no other file. */
import { STATUS_STYLE } from './statusStyle.ts'
import type { EmbeddedBackend } from '#src/backend/index.ts'

type Row = Readonly<Record<string, unknown>>

const SHOWN_RUNS = 50
const SHOWN_CHECKPOINTS = 100

/** Null for any other request. The figures are asked of the backend itself, with the caller's own key. */
export async function statusPage(request: Request, backend: EmbeddedBackend): Promise<Response | null> {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.pathname !== '/') return null
  const ask = (path: string): Promise<Response> =>
    backend.fetch(new Request(new URL(`/api/v1/${path}`, url), { headers: request.headers }))
  const asked = await Promise.all([
    ask('get_server_capabilities'),
    ask(`training_runs?limit=${SHOWN_RUNS}`),
    ask(`checkpoints?limit=${SHOWN_CHECKPOINTS}`),
  ])
  // A browser then asks its user, who gives the key as the password.
  if (asked.some((answer) => answer.status === 401))
    return page(401, notice('This server wants its API key', 'Enter any name, and the key as the password.'), {
      'www-authenticate': 'Basic realm="Tunegraph server", charset="UTF-8"',
    })
  const [capabilities, runs, checkpoints] = (await Promise.all(asked.map((answer) => answer.json()))) as Row[]
  const failed = asked.find((answer) => !answer.ok)
  if (failed !== undefined)
    return page(500, notice('Something is wrong', String(capabilities?.['detail'] ?? 'see the log')))
  return page(
    200,
    [
      intro(url.origin),
      models(rowsOf(capabilities, 'supported_models')),
      trainingRuns(rowsOf(runs, 'training_runs'), totalOf(runs)),
      savedCheckpoints(rowsOf(checkpoints, 'checkpoints'), totalOf(checkpoints)),
    ].join('\n'),
  )
}

function intro(origin: string): string {
  return `<section class="start"><h2>Use it from Python</h2>
<pre><code>pip install tinker

export TINKER_BASE_URL=${escapeHtml(origin)}
export TINKER_API_KEY=tml-local   <i># or the key this server was started with</i>
export HF_ENDPOINT=${escapeHtml(origin)}   <i># tokenizers come from here too</i></code></pre></section>`
}

function models(rows: readonly Row[]): string {
  const cards = rows.map(
    (row) =>
      `<li><b>${text(row['model_name'])}</b><span>${amount(row['parameters'])} parameters, ${text(row['max_context_length'])} tokens of context</span></li>`,
  )
  return `<section><h2>Models</h2><ul class="cards">${cards.join('')}</ul></section>`
}

function amount(parameters: unknown): string {
  const count = Number(parameters)
  return count < 1e6 ? `${Math.round(count / 1e3)}k` : `${(count / 1e6).toFixed(1)}M`
}

function trainingRuns(rows: readonly Row[], total: number): string {
  return section(
    'Training runs',
    rows.length,
    total,
    'None yet. They appear when a client creates a model.',
    [
      ['Run', (row) => `<code>${text(row['training_run_id'])}</code>`],
      ['Base model', (row) => text(row['base_model'])],
      ['Rank', (row) => text(row['lora_rank']), 'number'],
      ['Last request, UTC', (row) => when(row['last_request_time'])],
    ],
    rows,
  )
}

function savedCheckpoints(rows: readonly Row[], total: number): string {
  return section(
    'Checkpoints',
    rows.length,
    total,
    'None yet. They appear when a client saves.',
    [
      ['Path', (row) => `<code>${text(row['tinker_path'])}</code>${row['public'] === true ? ' <em>public</em>' : ''}`],
      ['Kind', (row) => text(row['checkpoint_type'])],
      ['Size', (row) => size(Number(row['size_bytes'])), 'number'],
      ['Saved, UTC', (row) => when(row['time'])],
      ['Kept until', (row) => (row['expires_at'] === undefined ? 'always' : when(row['expires_at']))],
    ],
    rows,
  )
}

type Column = readonly [head: string, cell: (row: Row) => string, kind?: 'number']

function section(
  title: string,
  shown: number,
  total: number,
  empty: string,
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  if (shown === 0) return `<section><h2>${title}</h2><p class="empty">${empty}</p></section>`
  const attribute = (kind?: string): string => (kind === undefined ? '' : ` class="${kind}"`)
  const head = columns.map(([name, , kind]) => `<th scope="col"${attribute(kind)}>${name}</th>`).join('')
  const cells = (row: Row): string =>
    columns.map(([, cell, kind]) => `<td${attribute(kind)}>${cell(row)}</td>`).join('')
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('')
  const count = total > shown ? `the newest ${shown} of ${total}` : String(total)
  return `<section><h2>${title} <small>${count}</small></h2>
<div class="table" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></section>`
}

function notice(title: string, words: string): string {
  return `<section><h2>${escapeHtml(title)}</h2><p class="empty">${escapeHtml(words)}</p></section>`
}

function page(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Tunegraph server</title><style>${STATUS_STYLE}</style></head>
<body><header><span class="light" aria-hidden="true"></span><h1>Tunegraph server</h1>
<p>A small, real Tinker service on this machine: it trains LoRA adapters and samples from them.</p></header>
<main>${body}</main></body></html>`
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}

function rowsOf(body: Row | undefined, key: string): readonly Row[] {
  const rows = body?.[key]
  return Array.isArray(rows) ? (rows as Row[]) : []
}

function totalOf(body: Row | undefined): number {
  return Number((body?.['cursor'] as Row | undefined)?.['total_count'] ?? 0)
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** To the minute, in UTC: the page does not know its reader's clock. */
function when(value: unknown): string {
  const iso = String(value ?? '')
  return `<time datetime="${escapeHtml(iso)}">${escapeHtml(iso.slice(0, 16).replace('T', ' '))}</time>`
}

function text(value: unknown): string {
  return escapeHtml(typeof value === 'string' || typeof value === 'number' ? String(value) : '')
}

function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
