import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { IconButton } from '../theme/IconButton.tsx'

const SIDES = {
  left: 'inset-y-0 left-0 w-[min(300px,86vw)] border-r',
  right: 'inset-y-0 right-0 w-[min(380px,94vw)] border-l',
  bottom: 'inset-x-0 bottom-0 h-[72dvh] rounded-t-xl border-t',
} as const

/** A side panel over the canvas, for small screens. */
export function Drawer({
  side,
  title,
  open,
  onClose,
  children,
}: {
  readonly side: keyof typeof SIDES
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactElement {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/35" />
        <Dialog.Content
          aria-describedby={undefined}
          className={clsx('fixed z-40 flex flex-col overflow-hidden border-line bg-panel shadow-float', SIDES[side])}
        >
          <div className="flex h-10 shrink-0 items-center justify-between border-b border-line pr-1.5 pl-3">
            <Dialog.Title className="text-sm font-semibold">{title}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X size={16} />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1">{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
