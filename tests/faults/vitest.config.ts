/** `npm run test:faults`: apart from the unit tests, whose load would look like a fault of the network. */
import { defineConfig } from 'vitest/config'
import unitTests from '../../vitest.config.ts'

export default defineConfig({ ...unitTests, test: { ...unitTests.test, include: ['tests/faults/*.faults.ts'] } })
