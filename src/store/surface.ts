/** What is open over the editor right now. Transient: not in the document, not in preferences. */
import { proxy } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { PortRef } from '../graph/model.ts'

export type Point = { readonly x: number; readonly y: number }

/** A wire that has one end: asks for a node to put at the other. */
export type LooseWire = { readonly from: PortRef; readonly direction: 'in' | 'out' }

export type QuickAdd = {
  /** Where the search box opens, in client pixels. */
  readonly screen: Point
  /** Where the node goes, in canvas coordinates. */
  readonly flow: Point
  readonly wire: LooseWire | null
  /** Only what fits into this wire. */
  readonly edge?: string
}

export type MenuTarget =
  | { readonly on: 'canvas' }
  | { readonly on: 'document' }
  | { readonly on: 'node'; readonly id: string }
  | { readonly on: 'edge'; readonly id: string }
  | { readonly on: 'port'; readonly ref: PortRef; readonly direction: 'in' | 'out' }

export type SurfaceState = {
  /** Id of the open dialog: `commands`, `shortcuts`, `documents`, or one that another room brings. */
  dialog: string | null
  dialogArgs: Readonly<Record<string, unknown>>
  quickAdd: QuickAdd | null
  menu: { readonly target: MenuTarget; readonly screen: Point } | null
  /** On small screens the side panels are drawers. */
  drawer: 'palette' | 'inspector' | 'dock' | null
  /** Node whose title is being edited on its card. */
  renaming: string | null
  /** The document's title is being edited in the top bar. */
  renamingDoc: boolean
  /** The place that a person asked to see; `count` tells two equal requests apart. */
  jump: { readonly node: string; readonly field: string | null; readonly count: number } | null
  /** Something that just failed and has no place on the canvas, shown for a while. */
  notice: { readonly diagnostic: Diagnostic; readonly count: number } | null
  /** Position in the list of problems that F8 goes on from. */
  problemAt: number
  /** The list view instead of the canvas. */
  outline: boolean
}

export type Surface = {
  readonly state: SurfaceState
  openDialog(id: string, args?: Readonly<Record<string, unknown>>): void
  closeDialog(): void
  /** Shows the node on the canvas and the field in the inspector. */
  jumpTo(node: string, field?: string | null): void
}

export function createSurface(): Surface {
  const state = proxy<SurfaceState>({
    dialog: null,
    dialogArgs: {},
    quickAdd: null,
    menu: null,
    drawer: null,
    renaming: null,
    renamingDoc: false,
    jump: null,
    notice: null,
    problemAt: -1,
    outline: false,
  })
  return {
    state,
    openDialog(id, args = {}) {
      state.dialogArgs = args
      state.dialog = id
    },
    closeDialog() {
      state.dialog = null
    },
    jumpTo(node, field = null) {
      state.jump = { node, field, count: (state.jump?.count ?? 0) + 1 }
    },
  }
}
