/** `tunegraph serve`: a local Tinker server, for the official SDK and anything else that speaks its protocol. */
import { readAdapterFolder } from './adapterFolder.ts'
import { hostIsMeant, listen, LOOPBACK, untilStopped } from './httpServer.ts'
import { requestLog } from './requestLog.ts'
import { openNodeBackend } from './nodeBackend.ts'
import { readServeOptions, SERVE_HELP } from './serveOptions.ts'
import { statusPage } from './statusPage.ts'

const GRACE_MS = 5000
/** Clients that end without a word, as scripts do, must not fill the memory with their models. */
const SILENT_MS = 30 * 60_000

/** Resolves with the exit code: 0 after a graceful stop, 1 when the server cannot start, 2 for wrong arguments. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readServeOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${SERVE_HELP}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(SERVE_HELP)
    return 0
  }
  const log = requestLog(options.json)
  const { host, port, apiKey, dataDir } = options
  try {
    const backend = await openNodeBackend({
      ...(options.models.length > 0 ? { modelDir: options.models } : {}),
      ...(apiKey === undefined ? {} : { apiKey }),
      dataDir,
      shards: options.shards,
      sessionSilentMs: SILENT_MS,
      behaviour: options.behaviour,
      clientFlags: options.clientFlags,
      ...(options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes }),
      origins: options.origins.includes('*') ? '*' : options.origins,
      onError: (error) => log.fault(error),
    })
    // A folder of the user's own is tried before anyone calls; those that come with Tunegraph open on first use.
    if (options.models.length > 0) await backend.prepare()
    for (const spec of options.adapters) log.imported(await backend.importAdapter(await readAdapterFolder(spec)))
    const server = await listen(
      log.around(async (request) => {
        if (!hostIsMeant(request, host)) return new Response('this name is not served here', { status: 421 })
        return (await statusPage(request, backend)) ?? backend.fetch(request)
      }),
      host,
      port,
    )
    log.started({ url: server.url, data: dataDir, key: apiKey !== undefined, models: options.models })
    if (apiKey === undefined && !LOOPBACK.includes(host))
      log.warn('anyone who reaches this address may use the server: set --api-key')
    const signal = await untilStopped()
    log.stopping(signal)
    await Promise.all([backend.close(), server.stop(GRACE_MS)])
    return 0
  } catch (error) {
    log.fault(error)
    return 1
  }
}
