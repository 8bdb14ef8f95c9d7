#include <frost/storage.hpp>

#include <memory>
#include <new>
#include <utility>

namespace frost {

static_assert(sizeof(Storage) <= Storage::kHeader);

Ref<Storage> Storage::borrow(void* data, size_t bytes, std::function<void()> on_release) {
  auto on_release_copy = std::make_unique<std::function<void()>>(std::move(on_release));
  Storage* const storage = new (allocate(kHeader)) Storage(data, bytes);
  storage->on_release_ = on_release_copy.release();
  return Ref<Storage>::adopt(storage);
}

void Storage::destroy(Storage* storage) noexcept {
  std::function<void()>* const on_release = storage->on_release_;
  const size_t block_bytes = kHeader + (on_release == nullptr ? storage->bytes_ : 0);
  storage->~Storage();
  deallocate(storage, block_bytes);
  if (on_release == nullptr) return;
  (*on_release)();
  delete on_release;
}

}  // namespace frost
