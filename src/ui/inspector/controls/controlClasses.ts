/** The look of single-line inputs, shared by every control. */
export const INPUT_CLASS =
  'h-7 w-full min-w-0 rounded-md border border-line-strong bg-panel px-2 text-sm text-text tabular outline-none placeholder:text-faint hover:border-muted focus:border-accent focus:ring-2 focus:ring-accent/20 aria-invalid:border-bad'

/** The same look around a number, its unit and its grip. */
export const NUMBER_BOX_CLASS =
  'flex h-7 w-full min-w-0 items-center rounded-md border border-line-strong bg-panel hover:border-muted focus-within:border-accent focus-within:ring-2 focus-within:ring-accent/20 data-invalid:border-bad'
