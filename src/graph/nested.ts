/** Ids of what lies inside groups, as the compiler and an opened group write them: `group/inner`. No id of a document holds a slash. */
import type { NodeId } from '../base/ids.ts'

/** Id of something inside the group. */
export function within<T extends string>(group: string, inner: string): T {
  return `${group}/${inner}` as T
}

/** The id as it is inside its own group. */
export function bareId<T extends string>(id: T): T {
  return id.slice(id.lastIndexOf('/') + 1) as T
}

/** The group that an id lies in; empty for a card of the document. */
export function groupOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/')))
}

/** An id beside this one, in the same group. */
export function beside<T extends string>(id: string, inner: T): T {
  const group = groupOf(id)
  return group === '' ? inner : within(group, inner)
}

/** The id and all groups around it, innermost first. */
export function pathUp(id: string): readonly string[] {
  const found: string[] = []
  for (let at = id; at !== ''; at = groupOf(at)) found.push(at)
  return found
}

/** The two cards of an opened group that stand for its own ports; no id of a document begins with this sign. */
export function railId(group: string, direction: 'in' | 'out'): NodeId {
  return within(group, `@${direction}`)
}

export function isRail(id: string): boolean {
  return bareId(id).startsWith('@')
}
