import type { NodeId } from '#src/base/ids.ts'
import { addAsset, pruneAssets, setParams } from '#src/graph/ops.ts'
import type { BuiltinSet } from '#src/kinds/contract.ts'
import type { DatasetFile } from '#src/store/datasetFile.ts'
import type { Editor } from '#src/store/editor.ts'

/** Gives a dataset node a file: one step that undo takes back whole. Columns are detected anew. */
export function setDatasetFile(editor: Editor, node: NodeId, file: DatasetFile): void {
  editor.doc.transact(`Use ${file.asset.name}`, (draft) => {
    addAsset(draft, file.asset)
    setParams(draft, node, {
      source: { type: 'asset', asset: file.asset.id, name: file.asset.name, format: file.format },
      mapping: { type: 'auto' },
    })
    pruneAssets(draft)
  })
}

/** Goes back to a built-in set. Columns that were chosen for other rows would fit none of these. */
export function setBuiltinSet(editor: Editor, node: NodeId, { name, title }: BuiltinSet): void {
  editor.doc.transact(`Use ${title}`, (draft) => {
    setParams(draft, node, { source: { type: 'builtin', name }, mapping: { type: 'auto' } })
    pruneAssets(draft)
  })
}
