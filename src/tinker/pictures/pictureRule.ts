/** How many tokens a picture takes, by the rule of the model that reads it. Servers refuse a picture whose number is wrong. */

export type PictureSize = { readonly width: number; readonly height: number }

/**
 * `grid`: sides are rounded to whole blocks and the area is kept within bounds, as Qwen's models do. `padded`: the picture is
 * made smaller only where it must be, and padded to whole blocks, as Kimi's do. A block is `patch · merge` pixels wide and high
 * and becomes one token.
 */
export type PictureRule =
  | {
      readonly kind: 'grid'
      readonly patch: number
      readonly merge: number
      readonly minPixels: number
      readonly maxPixels: number
    }
  | {
      readonly kind: 'padded'
      readonly patch: number
      readonly merge: number
      readonly maxPatches: number
      /** Patches along one side. */
      readonly maxSide: number
    }

/** As the models' `preprocessor_config.json` say it. */
const QWEN: PictureRule = { kind: 'grid', patch: 16, merge: 2, minPixels: 65_536, maxPixels: 16_777_216 }
const KIMI: PictureRule = { kind: 'padded', patch: 14, merge: 2, maxPatches: 16_384, maxSide: 512 }

/** Qwen's rule takes no picture that is longer than so many times its width. */
const LONGEST = 200

/** The rule of a model of a known family; undefined for others, whose `preprocessor_config.json` says it. */
export function pictureRule(model: string): PictureRule | undefined {
  const name = model.split('/').at(-1)!
  if (/^Qwen3-VL-|^Qwen3\.[5-8]-/i.test(name)) return QWEN
  return /^Kimi-K2\.[56]\b/i.test(name) ? KIMI : undefined
}

/**
 * The rule in a model's `preprocessor_config.json`.
 * @throws TypeError where the file states no rule that is known here
 */
export function readPictureRule(text: string): PictureRule {
  const config = membersOf(JSON.parse(text))
  const kimi = membersOf(config['media_proc_cfg'])
  const size = membersOf(config['size'])
  const patch = numberOf(kimi['patch_size'] ?? config['patch_size'])
  const merge = numberOf(kimi['merge_kernel_size'] ?? config['merge_size'])
  const maxPatches = numberOf(kimi['in_patch_limit'] ?? config['max_patches'])
  const maxSide = numberOf(kimi['patch_limit_on_one_side'] ?? size['max_height'])
  const minPixels = numberOf(config['min_pixels'] ?? size['shortest_edge'])
  const maxPixels = numberOf(config['max_pixels'] ?? size['longest_edge'])
  if (patch !== undefined && merge !== undefined) {
    if (maxPatches !== undefined && maxSide !== undefined) return { kind: 'padded', patch, merge, maxPatches, maxSide }
    if (minPixels !== undefined && maxPixels !== undefined) return { kind: 'grid', patch, merge, minPixels, maxPixels }
  }
  throw new TypeError('the file states no rule for the size of pictures that is known here')
}

/**
 * Tokens of a picture of this size in pixels: `expectedTokens` of its chunk. Source: the image processors of the models in the
 * Python package transformers 5.23.0 (`smart_resize`, `navit_resize`).
 * @throws RangeError for a size that the model does not take
 */
export function pictureTokens(size: PictureSize, rule: PictureRule): number {
  const block = rule.patch * rule.merge
  const { width, height } = fittedSize(size, rule)
  return Math.ceil(width / block) * Math.ceil(height / block)
}

/** Size in which the model sees the picture, before any padding. On a grid, a picture of that size is not resized again. */
export function fittedSize(size: PictureSize, rule: PictureRule): PictureSize {
  const { width, height } = size
  if (!(width >= 1 && height >= 1)) throw new RangeError(`a picture of ${width} × ${height} pixels is none`)
  return rule.kind === 'grid' ? onGrid(size, rule) : withinBounds(size, rule)
}

function onGrid({ width, height }: PictureSize, rule: Extract<PictureRule, { kind: 'grid' }>): PictureSize {
  if (Math.max(width, height) / Math.min(width, height) > LONGEST)
    throw new RangeError(`a picture of ${width} × ${height} pixels is too long for its width`)
  const block = rule.patch * rule.merge
  const area = roundToEven(width / block) * roundToEven(height / block) * block ** 2
  if (area > rule.maxPixels) {
    const shrink = Math.sqrt((height * width) / rule.maxPixels)
    const side = (length: number): number => Math.max(block, Math.floor(length / shrink / block) * block)
    return { width: side(width), height: side(height) }
  }
  if (area < rule.minPixels) {
    const grow = Math.sqrt(rule.minPixels / (height * width))
    const side = (length: number): number => Math.ceil((length * grow) / block) * block
    return { width: side(width), height: side(height) }
  }
  return { width: roundToEven(width / block) * block, height: roundToEven(height / block) * block }
}

function withinBounds({ width, height }: PictureSize, rule: Extract<PictureRule, { kind: 'padded' }>): PictureSize {
  const { patch, maxPatches, maxSide } = rule
  const patches = Math.max(1, Math.floor(height / patch)) * Math.max(1, Math.floor(width / patch))
  const longest = maxSide * patch
  const scale = Math.min(1, Math.sqrt(maxPatches / patches), longest / height, longest / width)
  const side = (length: number): number => Math.min(Math.max(1, Math.trunc(length * scale)), longest)
  return { width: side(width), height: side(height) }
}

/** Python's `round`: halves go to the even neighbour. */
function roundToEven(value: number): number {
  const down = Math.floor(value)
  const rest = value - down
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}
