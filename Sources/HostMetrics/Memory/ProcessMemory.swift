import CLinux

/// The memory of this process.
public enum ProcessMemory {
  /// Returns what the allocator holds free to the system, as far as whole pages are free. Takes a few milliseconds.
  public static func releaseFreePages() {
    linux_release_free_pages()
  }
}
