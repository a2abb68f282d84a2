import CLinux

/// The memory of this process.
public enum ProcessMemory {
  /// Returns the free pages of the allocator to the system. Takes a few milliseconds.
  public static func releaseFreePages() {
    linux_release_free_pages()
  }
}
