/**
 * A model's files under the addresses of the Hugging Face hub. Clients that look up a tokenizer by the model's name
 * find it here when `HF_ENDPOINT` points at this server; the page asks for the same addresses.
 */
import { sha256Hex } from '../../base/sha256.ts'
import { bytesAnswer, jsonAnswer } from './answers.ts'
import type { BaseModels } from '../service/baseModels.ts'
import type { Router } from './router.ts'

/** Names a state of the folder; the hub uses commit hashes, clients only compare them. */
const REVISION = '0'.repeat(39) + '1'
const JSON_FILE = /\.json$/

export function addModelFileRoutes(router: Router, bases: BaseModels): void {
  const sendFile = async (name: string, file: string): Promise<Response> => {
    const bytes = bases.names.includes(name) ? await bases.file(name, file) : null
    if (bytes === null)
      return jsonAnswer({ error: `${name} has no file ${file}` }, 404, { 'x-error-code': 'EntryNotFound' })
    const type = JSON_FILE.test(file) ? 'application/json' : 'application/octet-stream'
    const plain = bytes.slice()
    const etag = `"${sha256Hex(file + bytes.length)}"`
    return bytesAnswer(plain, type, 200, { etag, 'x-repo-commit': REVISION, 'accept-ranges': 'none' })
  }
  const describe = (name: string): Response =>
    bases.names.includes(name)
      ? jsonAnswer({ id: name, modelId: name, sha: REVISION, private: false, tags: [], siblings: [] })
      : jsonAnswer({ error: `there is no model ${name}` }, 404, { 'x-error-code': 'RepoNotFound' })

  for (const method of ['GET', 'HEAD'])
    router.add(method, ':owner/:name/resolve/:revision/*file', async ({ params }) => {
      const answer = await sendFile(`${params['owner']}/${params['name']}`, params['file']!)
      return method === 'HEAD' ? new Response(null, { status: answer.status, headers: answer.headers }) : answer
    })
  router
    .add('GET', 'api/models/:owner/:name', ({ params }) => describe(`${params['owner']}/${params['name']}`))
    .add('GET', 'api/models/:owner/:name/revision/:revision', ({ params }) =>
      describe(`${params['owner']}/${params['name']}`),
    )
}
