import parser from "@typescript-eslint/parser";
import vue from "eslint-plugin-vue";

/** Only what oxlint cannot see: the templates of components. */
export default [
  ...vue.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser, sourceType: "module" } },
    rules: {
      "vue/block-lang": ["error", { script: { lang: "ts" } }],
      "vue/component-api-style": ["error", ["script-setup"]],
      "vue/define-macros-order": "error",
      "vue/define-props-declaration": ["error", "type-based"],
      "vue/define-emits-declaration": ["error", "type-based"],
      "vue/html-button-has-type": "error",
      // What people read is in src/locales.
      "vue/no-bare-strings-in-template": "error",
      // Only MarkdownText.vue does, by a comment of its own.
      "vue/no-v-html": "error",
      // The policy of the page allows none.
      "vue/no-static-inline-styles": ["error", { allowBinding: true }],
      "vue/no-unused-properties": "error",
      "vue/no-undef-components": "error",
      "vue/padding-line-between-blocks": "error",
      "vue/require-typed-ref": "error",
      "vue/no-empty-component-block": "error",
      // A type says what a prop without a default is.
      "vue/require-default-prop": "off",
      // Whose are these: the formatter's.
      "vue/html-indent": "off",
      "vue/html-self-closing": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/first-attribute-linebreak": "off",
      "vue/attributes-order": "off",
    },
  },
  { ignores: ["dist/**"] },
];
