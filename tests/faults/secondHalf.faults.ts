import { runSeeds } from './runSeeds.ts'

runSeeds(150, 299)
