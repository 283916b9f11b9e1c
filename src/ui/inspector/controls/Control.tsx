import type { ReactElement } from 'react'
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import type { FieldEdit } from '../useField.ts'
import { ChoiceControl, SelectControl } from './SelectControl.tsx'
import { DatasetControl } from './DatasetControl.tsx'
import { MappingControl } from './MappingControl.tsx'
import { ModelControl } from './ModelControl.tsx'
import { NumberControl } from './NumberControl.tsx'
import { ParameterNameControl } from './ParameterNameControl.tsx'
import { SwitchControl } from './SwitchControl.tsx'
import { TextControl } from './TextControl.tsx'

/** What every control gets. `id` is what the label points at, `described` the id of the help. */
export type ControlProps = { readonly id: string; readonly described: string; readonly edit: FieldEdit }

type Props = ControlProps & { readonly field: FieldSpec; readonly view: NodeView }

/** The control of a field's type. */
export function Control({ field, view, ...props }: Props): ReactElement {
  const { control } = field
  switch (control.type) {
    case 'number':
      return <NumberControl {...props} control={control} unit={field.unit} label={field.label} />
    case 'select':
      return <SelectControl {...props} options={control.options} />
    case 'choice':
      return <ChoiceControl {...props} options={control.options} />
    case 'text':
      if (control.names === 'parameter') return <ParameterNameControl {...props} view={view} />
      return <TextControl {...props} control={control} />
    case 'switch':
      return <SwitchControl {...props} />
    case 'model':
      return <ModelControl {...props} />
    case 'dataset':
      return <DatasetControl {...props} builtin={control.builtin} view={view} />
    case 'mapping':
      return <MappingControl {...props} view={view} />
  }
}
