import { DropdownMenu } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { showKeys } from '#src/store/keymap.ts'
import type { CommandArgs } from '#src/store/commands/command.ts'
import { useEditor } from '../shell/useEditor.ts'
import { Kbd } from '../theme/Kbd.tsx'
import { MENU_ITEM_CLASS } from '../theme/menuClasses.ts'

/** A menu entry that is a command: same title, same keys, and the reason when it cannot run. */
export function CommandItem({
  id,
  args,
  title,
  icon,
}: {
  readonly id: string
  readonly args?: CommandArgs
  readonly title?: string
  readonly icon?: ReactNode
}): ReactElement | null {
  const editor = useEditor()
  const command = editor.commands.get(id)
  if (!command) return null
  const refusal = editor.commands.refusal(id, args)
  const keys = command.keys[0]
  return (
    <DropdownMenu.Item
      className={MENU_ITEM_CLASS}
      disabled={refusal !== null}
      title={refusal ?? undefined}
      onSelect={() => void editor.commands.run(id, args)}
    >
      {icon ? <span className="flex w-4 justify-center text-muted">{icon}</span> : null}
      <span className="flex-1 truncate pr-6">{title ?? command.title}</span>
      {keys ? <Kbd>{showKeys(keys, editor.platform)}</Kbd> : null}
    </DropdownMenu.Item>
  )
}

export function MenuLine(): ReactElement {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}
