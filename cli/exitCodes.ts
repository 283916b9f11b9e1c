/** What the process says at its end. */
export const EXIT = {
  ok: 0,
  /** The run failed, or something outside the document went wrong. */
  failed: 1,
  /** The command line was not understood, or names a file that cannot be read. */
  usage: 2,
  /** The document has errors, so nothing ran. */
  document: 3,
  /** Stopped by Ctrl-C (128 + SIGINT). */
  stopped: 130,
} as const

export const EXIT_OF = { unreadable: EXIT.usage, document: EXIT.document } as const
