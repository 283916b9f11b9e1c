/** From a trained model to a repository on a hub: train, save, archive, download, unpack, read the weights, push. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { backendClient } from '../../backend/service/testing/backendClient.ts'
import { pushToHub } from '../hub/pushToHub.ts'
import { clientOf, datum } from '../testing/fixtures.ts'
import { hubServer } from '../testing/hubServer.ts'
import { defaultCheckpointFolder } from './defaultFolder.ts'
import { folderSink } from './node.ts'
import { readSafetensors } from './safetensors.ts'
import { memorySink } from './sinks.ts'
import { downloadArchive } from './unpack.ts'

test('an adapter trained on the embedded backend arrives on a hub, byte for byte', async () => {
  const { backend } = backendClient()
  const send = (request: Request): Promise<Response> => backend.fetch(request)
  const service = clientOf({ url: 'http://backend' }, { fetch: send })
  const { models } = await service.getServerCapabilities()
  const model = models[0]!.name
  const training = await service.createLoraTrainingClient({ baseModel: model, rank: 4 })
  await training.forwardBackward([datum(1, 2, 3)], 'cross_entropy').result()
  await training.optimStep({ learningRate: 0.1 }).result()
  const { path } = await training.saveState('final').result()

  const rest = await service.rest()
  const address = async (signal?: AbortSignal): Promise<string> => (await rest.checkpointArchiveUrl(path, signal)).url
  const sink = memorySink()
  const downloaded = await downloadArchive({ address, sink, fetch: send })
  if (!downloaded.ok) throw new Error(downloaded.error.message)
  expect([...sink.files.keys()]).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']))

  const weights = await readSafetensors(sink.files.get('adapter_model.safetensors')!)
  if (!weights.ok) throw new Error(weights.error.message)
  const [name] = [...weights.value.tensors.keys()].filter((key) => key.includes('lora_B'))
  expect((await weights.value.floats(name!))!.some((value) => value !== 0)).toBe(true)

  const folder = mkdtempSync(join(tmpdir(), 'archive-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const target = join(folder, defaultCheckpointFolder(path))
  expect((await downloadArchive({ address, sink: folderSink(target), fetch: send })).ok).toBe(true)
  const onDisk = readFileSync(join(target, 'adapter_model.safetensors'))
  expect(onDisk.equals(sink.files.get('adapter_model.safetensors')!)).toBe(true)

  const hub = await hubServer({ token: 'hf_t', partSize: 4096 })
  onTestFinished(() => hub.close())
  const { baseModel, loraRank = null } = await rest.weightsInfo(path)
  const card = { baseModel, loraRank, sourcePath: path, date: new Date('2026-11-22') }
  const pushed = await pushToHub({ files: sink.files, repo: 'me/tiny', token: 'hf_t', card, endpoint: hub.url })
  if (!pushed.ok) throw new Error(pushed.error.message)
  const main = hub.repositories.get('me/tiny')!.branches.get('main')!
  expect(main.get('adapter_model.safetensors')!.equals(onDisk)).toBe(true)
  expect(main.get('README.md')!.toString()).toContain(`- LoRA rank: 4`)
})

test('folders are named for run, kind and name of the checkpoint', () => {
  expect(defaultCheckpointFolder('tinker://run/weights/0001')).toBe('run_weights_0001')
  expect(defaultCheckpointFolder('tinker://abc:train:0/sampler_weights/final')).toBe(
    'abc_train_0_sampler_weights_final',
  )
})
