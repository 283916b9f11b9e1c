/** Theme tokens as colours that a canvas understands. */
export type ChartColours = {
  readonly series: readonly string[]
  readonly text: string
  readonly faint: string
  readonly line: string
  readonly grid: string
  readonly panel: string
  readonly font: string
}

const SERIES = ['--accent', '--port-reward', '--port-dataset', '--port-scores', '--good']

/** Tokens use `light-dark()` and `oklch()`; only a computed colour is plain enough for every canvas library. */
export function chartColours(element: HTMLElement): ChartColours {
  const probe = document.createElement('span')
  probe.style.display = 'none'
  element.append(probe)
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
  const resolve = (token: string): string => {
    probe.style.color = `var(${token})`
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = getComputedStyle(probe).color
    context.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data as unknown as [number, number, number, number]
    return `rgba(${r},${g},${b},${(a / 255).toFixed(3)})`
  }
  const colours = {
    series: SERIES.map(resolve),
    text: resolve('--text'),
    faint: resolve('--faint'),
    line: resolve('--line-strong'),
    grid: resolve('--line'),
    panel: resolve('--raised'),
    font: getComputedStyle(element).fontFamily,
  }
  probe.remove()
  return colours
}
