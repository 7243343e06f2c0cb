// The WebAssembly half of the kernels. All arguments are byte addresses in the imported memory.
export { assignPoints, shrinkNearest, sumDistances } from './clustering';
export { accumulateGram, cholesky, choleskySolve, multiplySome, multiplySquare, multiplyVectors } from './dense';
export { symmetricEigen, symmetricEigenScratch } from './eigen';
export { addRowEquations, solveRows, solveRowsScratch } from './rows';
export { codeRows, rowsAbove } from './screening';
export { gatherNeighbourGrams, nearestColumns, solveNeighbourGrams, sparseMultiply } from './sparse';
