import { onMounted, shallowRef } from "vue";
import { useErrors } from "../../composables/use-errors.ts";

/** What a dialog has to ask for before it can show it. Undefined until then; what fails closes the dialog. */
export function useLoading<T>(load: () => Promise<T>, onFailure: () => void) {
  const { attempt } = useErrors();
  const value = shallowRef<T>();
  onMounted(async () => {
    const isLoaded = await attempt(async () => {
      value.value = await load();
    });
    if (!isLoaded) onFailure();
  });
  return value;
}
