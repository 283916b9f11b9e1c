/** The order of a start: the drawing first, then what surrounds it. */

let painted = (): void => {}
const picture = new Promise<void>((resolve) => (painted = resolve))

/** The drawing has been opened: its first frame is painted next. */
export function drawingOpened(): void {
  // A task after the next frame: what waits here would otherwise delay that frame.
  requestAnimationFrame(() => setTimeout(painted))
  // A hidden tab paints nothing, and its panels are wanted all the same.
  if (document.hidden) painted()
}

/** Loads a chunk of a panel, after the first picture of the drawing. */
export function afterFirstPicture<T>(load: () => Promise<T>): () => Promise<T> {
  return () => picture.then(load)
}
