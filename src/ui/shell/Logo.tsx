import type { ReactElement } from 'react'

export function Logo(): ReactElement {
  return (
    <span className="mr-1 flex items-center" title="Tunegraph">
      <svg viewBox="0 0 32 32" width={24} height={24} role="img" aria-label="Tunegraph">
        <rect width="32" height="32" rx="8" fill="var(--accent)" />
        <path d="M9 21.5c5 0 4.5-11 14-11" fill="none" stroke="#fff" strokeWidth={2.6} strokeLinecap="round" />
        <circle cx="9" cy="21.5" r="3.4" fill="#fff" />
        <rect x="19.8" y="7.3" width="6.4" height="6.4" rx="1.4" transform="rotate(45 23 10.5)" fill="#fff" />
      </svg>
    </span>
  )
}
