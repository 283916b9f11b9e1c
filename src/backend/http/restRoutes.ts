/** Health, capabilities, telemetry, and what the REST clients ask for. */
import { addAdminRoutes } from './adminRoutes.ts'
import { jsonAnswer } from './answers.ts'
import { addCheckpointRoutes } from './checkpointRoutes.ts'
import { Downloads } from './downloads.ts'
import { addSessionRoutes } from './sessionRoutes.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'
import type { Tokens } from './tokens.ts'

export function addRestRoutes(router: Router, service: TinkerService, tokens: Tokens): void {
  const { bases, clock } = service.context
  const downloads = new Downloads(clock)

  router
    .add('GET', 'healthz', () => jsonAnswer({ status: 'ok' }))
    .add('GET', 'get_server_capabilities', async () => {
      const models = await Promise.all(bases.names.map((name) => bases.get(name)))
      const supported = models.map(({ name, window, parameters }) => ({
        model_name: name,
        max_context_length: window,
        // Not of the protocol; clients read past it.
        parameters,
        trainable: true,
        sampleable: true,
      }))
      return jsonAnswer({ supported_models: supported })
    })
    // Read and thrown away: it may hold request headers, and with them a key.
    .add('POST', 'telemetry', () => jsonAnswer({ status: 'accepted' }))
  downloads.addRoute(router)
  addSessionRoutes(router, service, downloads)
  addCheckpointRoutes(router, service, downloads)
  addAdminRoutes(router, service, tokens)
}
