/** Where a credential comes from in Node besides the configuration: a command, or the file of the official client. */
import { exec } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { configFromEnvironment } from '../session/environment.ts'
import { secondsLeft } from '../transport/tokens.ts'
import { parseJson } from '../wire/json.ts'
import { proxyFetch, proxyFromEnvironment } from './proxy.ts'
import type { ServiceConfig } from '../config.ts'
import type { Environment } from '../session/environment.ts'

/** The file in which `tinker auth login` keeps keys. Source: the official SDK 0.38. */
export function credentialsPath(home: string = homedir()): string {
  return join(home, '.tinker', 'credentials.json')
}

/** The default key of the file; undefined where there is no file, no default, or nothing that can be read. */
export async function storedKey(path: string = credentialsPath()): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const parsed = text === undefined ? undefined : parseJson(text)
  if (parsed?.ok !== true) return undefined
  const { default: name, keys } = Object(parsed.value) as { default?: unknown; keys?: unknown }
  const record = Object(typeof name === 'string' ? (Object(keys) as Record<string, unknown>)[name] : undefined)
  const { key } = record as { key?: unknown }
  return typeof key === 'string' && key !== '' ? key : undefined
}

/** Runs the command in a shell whenever a credential is needed; its output without the blanks around it is the credential. */
export function credentialFromCommand(command: string): () => Promise<string> {
  return async () => {
    const credential = (await outputOf(command)).trim()
    if (credential === '') throw new Error('the credential command printed nothing')
    if (credential.startsWith('eyJ') && secondsLeft(credential, Date.now()) <= 0)
      throw new Error('the credential command printed a token that has expired')
    return credential
  }
}

function outputOf(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    exec(command, { encoding: 'utf8', windowsHide: true }, (error, out) => {
      // Not the command's own output: there may be a credential in it.
      if (error === null) resolve(out)
      else reject(new Error(`the credential command ended with ${error.code ?? error.signal ?? 'an error'}`))
    })
  })
}

const LOCAL = /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:|\/|$)/i

/**
 * The whole configuration of a Node program: options, then variables, then the credential command, then the stored key. A
 * proxy that the environment names is used, but for servers on this machine and beside a `fetch` of the caller's.
 * Source: the official SDK 0.38.
 */
export async function configForNode(
  options: Partial<ServiceConfig> = {},
  env: Environment = process.env,
  path: string = credentialsPath(),
): Promise<ServiceConfig> {
  const named = configFromEnvironment(env, options)
  const proxy = LOCAL.test(named.baseUrl) ? undefined : proxyFromEnvironment(named.baseUrl, env)
  const config = proxy === undefined || named.fetch !== undefined ? named : { ...named, fetch: proxyFetch(proxy) }
  const command = env['TINKER_CREDENTIAL_CMD']
  if (command && config.getCredential === undefined) return { ...config, getCredential: credentialFromCommand(command) }
  if (config.apiKey || config.getCredential !== undefined) return config
  const apiKey = await storedKey(path)
  return apiKey === undefined ? config : { ...config, apiKey }
}
