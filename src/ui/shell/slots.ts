/** Places of the shell that other rooms fill. Handed in by the composition root, so that the shell knows none of them. */
import { createContext } from 'react'
import type { ComponentType, LazyExoticComponent } from 'react'
import type { LucideIcon } from 'lucide-react'

export type Panel = ComponentType | LazyExoticComponent<ComponentType>

export type DockTab = {
  readonly id: string
  readonly title: string
  readonly icon: LucideIcon
  readonly panel: Panel
  /** A number beside the title, e.g. of problems. */
  readonly badge?: ComponentType
}

/** Live body of a node kind's card; gets its node's id. Mounted only while its card is in sight. */
export type NodeBody = ComponentType<{ readonly id: string; readonly height: number }>

export type ShellSlots = {
  /** Right-hand panel: edits the selected node. */
  readonly inspector: Panel | null
  readonly dock: readonly DockTab[]
  /** Dialogs by id, opened with `surface.openDialog(id)`. */
  readonly dialogs: Readonly<Record<string, Panel>>
  /** In the top bar, before the run buttons: which backend, and is it reachable. */
  readonly backend: Panel | null
  /** By kind. */
  readonly bodies: Readonly<Record<string, NodeBody | LazyExoticComponent<NodeBody>>>
  /** Loads what a kind is for, as Markdown; null when there is none. */
  readonly help: (kind: string) => Promise<string | null>
}

export const EMPTY_SLOTS: ShellSlots = {
  inspector: null,
  dock: [],
  dialogs: {},
  backend: null,
  bodies: {},
  help: () => Promise.resolve(null),
}

export const SlotsContext = createContext<ShellSlots>(EMPTY_SLOTS)
