/** Finds where two normalised recordings differ, leaving out what `deviations.mjs` allows, and says it in lines. */
import { MEMBERS, headerReason } from './deviations.mjs'

/** Lines of differences, none when equal; `used` collects the deviations that were needed. */
export function differences(ours, theirs, version, used) {
  const lines = []
  const count = Math.max(ours.requests.length, theirs.requests.length)
  const named = (requests) => requests.map(({ method, path }) => `${method} ${path}`)
  if (named(ours.requests).join() !== named(theirs.requests).join()) {
    lines.push(...sequence(named(ours.requests), named(theirs.requests)))
    return lines
  }
  for (let i = 0; i < count; i++) {
    const at = `${i + 1}. ${ours.requests[i].method} ${ours.requests[i].path}`
    lines.push(...requestDifferences(ours.requests[i], theirs.requests[i], version, used).map((d) => `${at} ${d}`))
  }
  lines.push(...pollDifferences(ours.polls, theirs.polls, version, used))
  return lines
}

function sequence(ours, theirs) {
  const lines = ['the requests are not the same:']
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const same = ours[i] === theirs[i]
    lines.push(same ? `   ${ours[i]}` : `   ours ${ours[i] ?? '—'} | theirs ${theirs[i] ?? '—'}`)
  }
  return lines
}

function requestDifferences(ours, theirs, version, used) {
  const lines = []
  const about = { path: ours.path, version, used }
  for (const part of ['query', 'answeredBy', 'body']) compare(ours[part], theirs[part], part, about, lines)
  const names = new Set([...Object.keys(ours.headers), ...Object.keys(theirs.headers)])
  for (const name of [...names].toSorted()) {
    const [a, b] = [ours.headers[name], theirs.headers[name]]
    if (a === b) continue
    const reason = headerReason(name, a, b, ours.path)
    if (reason === undefined) lines.push(`header ${name}: ours ${show(a)}, theirs ${show(b)}`)
    else used.add(reason)
  }
  return lines
}

/** Each future is asked for in the same words, however often. */
function pollDifferences(ours, theirs, version, used) {
  const lines = []
  for (const id of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(id), theirs.get(id)]
    if (a === undefined || b === undefined)
      lines.push(`${id} is asked for by ${a === undefined ? 'theirs' : 'ours'} only`)
    else {
      lines.push(...requestDifferences(a[0], b[0], version, used).map((d) => `poll for ${id} ${d}`))
      for (const [side, polls] of Object.entries({ ours: a, theirs: b })) lines.push(...miscounted(id, side, polls))
    }
  }
  return lines
}

/**
 * Both count the polls of a result from 0, and only the first says how long the operation took to hand in. Where two
 * sessions have a result of one name each, the count begins anew.
 */
function miscounted(id, side, polls) {
  const iterations = polls.map(({ headers }) => Number(headers['x-tinker-request-iteration']))
  return polls.flatMap(({ headers }, i) => {
    const counted = iterations[i] === 0 || iterations[i] === iterations[i - 1] + 1
    const timed = (headers['x-tinker-create-promise-roundtrip-time'] !== undefined) === (iterations[i] === 0)
    return counted && timed ? [] : [`${side}: poll ${i} for ${id} has statistics of another`]
  })
}

function compare(ours, theirs, at, about, lines) {
  if (Object.is(ours, theirs)) return
  const allowed = MEMBERS.find(
    (d) =>
      at === d.at &&
      about.path.endsWith(d.path) &&
      (d.version === undefined || d.version === about.version) &&
      d.when(ours, theirs),
  )
  if (allowed !== undefined) {
    about.used.add(allowed)
    return
  }
  if (isPlain(ours) && isPlain(theirs)) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
      compare(ours[key], theirs[key], `${at}.${key}`, about, lines)
  } else if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    for (const [i, member] of ours.entries()) compare(member, theirs[i], `${at}[${i}]`, about, lines)
  } else lines.push(`${at}: ours ${show(ours)}, theirs ${show(theirs)}`)
}

/** Results may differ in the last bits: one side adds floats up in another order. */
export function resultDifferences(ours, theirs, at = 'result') {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    const close = Math.abs(ours - theirs) <= 1e-5 * Math.max(1, Math.abs(ours), Math.abs(theirs))
    return close ? [] : [`${at}: ours ${ours}, theirs ${theirs}`]
  }
  const both = [ours, theirs]
  if (both.every(isPlain) || (both.every(Array.isArray) && ours.length === theirs.length))
    return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) =>
      resultDifferences(ours[key], theirs[key], `${at}.${key}`),
    )
  return Object.is(ours, theirs) ? [] : [`${at}: ours ${show(ours)}, theirs ${show(theirs)}`]
}

function isPlain(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function show(value) {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 160 ? `${text.slice(0, 157)}…` : text
}
