/** Storage that the browser does not clear on its own when the disk runs low. */

/** The part of `navigator.storage` that is used; absent on pages without a secure context. */
export type DurableStorage = Pick<StorageManager, 'persist' | 'persisted'>

/**
 * Returns what to call once there is something worth keeping. It asks the browser the first time only; a refusal changes
 * nothing, since storage works as before.
 */
export function durableStorage(manager: DurableStorage | undefined): () => void {
  let asked = false
  return () => {
    if (asked || !manager) return
    asked = true
    void ask(manager)
  }
}

async function ask(manager: DurableStorage): Promise<void> {
  try {
    if (!(await manager.persisted())) await manager.persist()
  } catch {
    // Forbidden in this frame or profile: nothing a person needs to hear about.
  }
}
