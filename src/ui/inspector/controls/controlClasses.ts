/** The look of single-line inputs, shared by every control. */
export const INPUT_CLASS =
  'h-7 w-full min-w-0 rounded-md border border-line-strong bg-panel px-2 text-sm text-text tabular outline-none placeholder:text-faint hover:border-muted focus:border-accent focus:ring-2 focus:ring-accent/20 aria-invalid:border-bad'
