/** How results of the probe of rewards are read. Apart from the key, which the page needs at once. */

/** Below this mean an answer is worth as good as nothing. */
export const EARNS_NOTHING = 0.05

/** Characters of a frame without which it is no form that a prompt could be said to show. */
const LEAST_FRAME = 3

/** Whether a prompt shows a form: all that cannot be otherwise stands there, in order. */
export function shows(prompt: string, frame: readonly string[]): boolean {
  if (frame.join('').length < LEAST_FRAME) return false
  let from = 0
  for (const part of frame) {
    const at = prompt.indexOf(part, from)
    if (at === -1) return false
    from = at + part.length
  }
  return true
}
