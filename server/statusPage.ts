/** The page at `/` of `tunegraph serve`: what this is, its models, runs and checkpoints. */
import type { EmbeddedBackend } from '#src/backend/index.ts'

/** Null for any other request. The figures are asked of the backend itself, with the caller's own key. */
export async function statusPage(request: Request, backend: EmbeddedBackend): Promise<Response | null> {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.pathname !== '/') return null
  const ask = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await backend.fetch(new Request(new URL(`/api/v1/${path}`, url), { headers: request.headers }))
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : {}
  }
  const [capabilities, runs, checkpoints] = await Promise.all([
    ask('get_server_capabilities'),
    ask('training_runs?limit=50'),
    ask('checkpoints?limit=100'),
  ])
  const html = page([
    table('Base models', ['name', 'context window'], capabilities['supported_models'], [
      'model_name',
      'max_context_length',
    ]),
    table('Training runs', ['run', 'base model', 'LoRA rank', 'last request'], runs['training_runs'], [
      'training_run_id',
      'base_model',
      'lora_rank',
      'last_request_time',
    ]),
    table('Checkpoints', ['path', 'bytes', 'time', 'expires'], checkpoints['checkpoints'], [
      'tinker_path',
      'size_bytes',
      'time',
      'expires_at',
    ]),
  ])
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    },
  })
}

function page(sections: readonly string[]): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tunegraph server</title>
<style>body{font:14px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884}
td{font-family:ui-monospace,monospace;overflow-wrap:anywhere}</style>
<h1>Tunegraph server</h1><p>A local server of the Tinker API. Point a client's base URL at this address.</p>
${sections.join('\n')}</html>`
}

function table(title: string, heads: readonly string[], rows: unknown, keys: readonly string[]): string {
  const list = Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
  if (list.length === 0) return `<h2>${title}</h2><p>none yet</p>`
  const head = heads.map((h) => `<th>${h}</th>`).join('')
  const body = list
    .map((row) => `<tr>${keys.map((key) => `<td>${escapeHtml(String(row[key] ?? ''))}</td>`).join('')}</tr>`)
    .join('')
  return `<h2>${title}</h2><table><tr>${head}</tr>${body}</table>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
