/** What a server says of its models, whichever age it is of. */
import { expect, test } from 'vitest'
import { clientOf, startPeer } from './testing/fixtures.ts'

test('models with what they can be used for, where the server says so', async () => {
  const peer = await startPeer()
  const models = [
    { model_name: 'a', max_context_length: 32_768, trainable: true, sampleable: false },
    { model_name: 'b', trainable: null },
    { model_name: null, max_context_length: 7 },
  ]
  peer.fault('get_server_capabilities', { status: 200, body: JSON.stringify({ supported_models: models }) })
  expect(await clientOf(peer).getServerCapabilities()).toEqual({
    models: [
      { name: 'a', maxContext: 32_768, trainable: true, sampleable: false },
      { name: 'b', maxContext: undefined },
    ],
  })
})

test('models that are bare names', async () => {
  const peer = await startPeer()
  const body = JSON.stringify({ supported_models: ['a', { model_name: 'b', max_context_length: 8 }] })
  peer.fault('get_server_capabilities', { status: 200, body })
  expect(await clientOf(peer).getServerCapabilities()).toEqual({
    models: [
      { name: 'a', maxContext: undefined },
      { name: 'b', maxContext: 8 },
    ],
  })
})
