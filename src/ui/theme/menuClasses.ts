/** The look of menus, shared by dropdown and context menus. */
export const MENU_CLASS =
  'z-50 min-w-48 max-h-(--radix-dropdown-menu-content-available-height) overflow-auto rounded-lg border border-line bg-raised p-1 text-sm text-text shadow-float'

export const MENU_ITEM_CLASS =
  'flex h-7 items-center gap-2 rounded-sm px-2 outline-none select-none data-highlighted:bg-hover data-disabled:text-faint'

export const MENU_LABEL_CLASS = 'px-2 pt-1.5 pb-0.5 text-2xs font-medium tracking-wide text-faint uppercase'

export const MENU_LINE_CLASS = 'my-1 h-px bg-line'
