import { runSeeds } from './runSeeds.ts'

runSeeds(0, 149)
