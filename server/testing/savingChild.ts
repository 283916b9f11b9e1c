/** A backend over a folder that trains and saves until it is killed. Says on stdout what it was told is saved or deleted. */
import { randomIds } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { backendClient, textDatum, trainBody } from '#src/backend/service/testing/backendClient.ts'
import { folderStore } from '../folderStore.ts'

const [folder, seed] = process.argv.slice(2) as [string, string]
const rng = seededRng(Number(seed))
const client = backendClient({ storage: folderStore(folder), ids: randomIds })
const say = (event: string, path: unknown): void => void process.stdout.write(`${event} ${String(path)}\n`)

const { model } = await client.newModel({ rank: [1, 16, 64][rng.int(3)]!, seed: 1 })
say('model', model)
for (let seq = 1; ; seq += 4) {
  await client.run('forward_backward', trainBody(model, seq, [textDatum('abcdef')]))
  await client.run('optim_step', { model_id: model, seq_id: seq + 1, adam_params: { learning_rate: 0.01 } })
  const path = `state-${rng.int(4)}`
  const saved = await client.run('save_weights', { model_id: model, seq_id: seq + 2, path, overwrite: true })
  say('saved', saved['path'])
  const sampler = await client.run('save_weights_for_sampler', { model_id: model, seq_id: seq + 3, path: `s${seq}` })
  say('saved', sampler['path'])
  if (rng.int(3) > 0) continue
  say('deleting', sampler['path'])
  await client.call('DELETE', `training_runs/${model}/checkpoints/sampler_weights/s${seq}`)
}
