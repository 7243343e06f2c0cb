/**
 * Lint rules: the recommended sets, and the habits of this code that a rule can check. Layout is Prettier's business,
 * and who may import whom is checked by test/architecture.
 */

import prettier from 'eslint-config-prettier';
import vue from 'eslint-plugin-vue';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import vueParser from 'vue-eslint-parser';

const SERVER = ['server/**/*.ts', 'schema/**/*.ts', 'jobs/**/*.ts'];
/** Folders under test/ that are part of the TypeScript project of the tests. */
const TYPED = [...SERVER, 'test/**/*.ts'];

/** A plain object inherits "constructor" and its like, so names from data are counted and looked up elsewhere. */
const DATA_AS_KEYS = [
  {
    selector:
      'AssignmentExpression[left.type="MemberExpression"][left.computed=true] > BinaryExpression > LogicalExpression[operator="??"] > MemberExpression[computed=true]',
    message: 'Count names with a Map, or with `addCount` on `emptyCounts()` (server/domain/counts.ts).',
  },
  {
    selector:
      'VariableDeclarator[init.type="ObjectExpression"][init.properties.length=0] > Identifier[typeAnnotation.typeAnnotation.typeName.name="Record"]',
    message: 'Use a Map, or an object without a prototype: names from data may be "constructor".',
  },
  {
    selector: 'BinaryExpression[operator="in"][left.type="Identifier"]',
    message: 'Use Object.hasOwn: `in` finds what every object inherits.',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      '.data/**',
      '**/generated/**',
      'test/browser/out/**',
      // AssemblyScript looks like TypeScript, but has types and operators of its own.
      'server/learning/kernels/assembly/**',
    ],
  },
  ...tseslint.configs.recommended,
  ...tseslint.configs.stylistic,
  { files: ['client/**'], extends: [vue.configs['flat/recommended']] },
  {
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals.node },
    rules: {
      // Of ESLint's own rules, those that find mistakes the compiler lets pass.
      'no-async-promise-executor': 'error',
      'no-cond-assign': 'error',
      'no-constant-binary-expression': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-debugger': 'error',
      'no-dupe-else-if': 'error',
      'no-empty': 'error',
      'no-loss-of-precision': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-sparse-arrays': 'error',
      'no-template-curly-in-string': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-catch': 'error',
      'no-useless-escape': 'error',
      'no-var': 'error',
      'require-yield': 'error',
      'use-isnan': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A plain index loop is what a hot loop over typed arrays should look like.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-inferrable-types': 'off',
    },
  },
  {
    files: TYPED,
    languageOptions: {
      parserOptions: { project: ['test/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      // `||` would take a zero for a missing number.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, boolean: true }, ignoreConditionalTests: true },
      ],
    },
  },
  {
    files: SERVER,
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Named exports only: a thing has one name everywhere.',
        },
        ...DATA_AS_KEYS,
      ],
    },
  },
  // What a command prints is its result.
  { files: ['server/app/commands/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    // Tests look into JSON answers and build broken input on purpose.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-template-curly-in-string': 'off',
      'no-restricted-syntax': ['error', ...DATA_AS_KEYS],
    },
  },
  {
    files: ['client/**/*.{ts,vue}'],
    languageOptions: {
      globals: globals.browser,
      parser: vueParser,
      parserOptions: { parser: tseslint.parser, ecmaVersion: 2023, sourceType: 'module' },
    },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...DATA_AS_KEYS],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/no-v-html': 'error',
    },
  },
  prettier,
);
