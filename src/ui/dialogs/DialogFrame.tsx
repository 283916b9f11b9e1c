import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { useEditor } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'

const WIDTHS = { md: 'w-[min(520px,94vw)]', lg: 'w-[min(760px,94vw)]', xl: 'w-[min(1040px,94vw)]' } as const

/** A dialog over the editor; Escape and the cross close it and give the focus back. */
export function DialogFrame({
  title,
  description,
  width = 'md',
  children,
  footer,
}: {
  readonly title: string
  readonly description?: string
  readonly width?: keyof typeof WIDTHS
  readonly children: ReactNode
  readonly footer?: ReactNode
}): ReactElement {
  const { surface } = useEditor()
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : surface.closeDialog())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/40" />
        <Dialog.Content
          className={clsx(
            'fixed top-1/2 left-1/2 z-50 flex max-h-[86dvh] -translate-x-1/2 -translate-y-1/2 flex-col overflow-hidden rounded-xl border border-line bg-panel text-sm shadow-float outline-none',
            WIDTHS[width],
          )}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <div className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="truncate text-base font-semibold">{title}</Dialog.Title>
              {description ? (
                <Dialog.Description className="mt-0.5 text-xs text-muted">{description}</Dialog.Description>
              ) : null}
            </div>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X size={16} />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-auto overscroll-contain px-4 py-3.5">{children}</div>
          {footer ? (
            <div className="flex items-center justify-end gap-2 border-t border-line px-4 py-3">{footer}</div>
          ) : null}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
