# The guest: a program in 16-bit real mode, loaded and entered at 0000:7c00, as a PC's firmware does with a boot
# sector. Each round of its work reads sector 0 of the disk, prints the text in it, waits for the timer, writes the
# sector back as sector 1 with the count of ticks in its last byte, and halts.
#
#   RAM     0x00000-0x9ffff   this code at 0x7c00, the buffer for a sector at 0x8000
#   disk    0xd0000           32-bit registers: +0 sector, +4 buffer's address, +8 command, +12 status (0: done)
#   serial  port 0x3f8        8 bits: data; port 0x3fd: line status (bit 5: ready to send)
#   timer   port 0x40         16 bits: write, to have a tick after so many microseconds; read, ticks so far
#
# script.rs makes the same accesses without a cpu; a test compares the two.

    mov   ax, 0xd000
    mov   es, ax                            # es: the disk's registers; ds: 0, as at reset

.Lround:
    mov   dword ptr es:[0], 0               # disk: sector 0
    mov   dword ptr es:[4], 0x8000          #       to the buffer
    mov   dword ptr es:[8], 1               #       read
    cmp   dword ptr es:[12], 0
    jne   .Lhalt

    mov   si, 0x8000
.Lnext_byte:
    lodsb                                   # al: the byte at si, which moves on
    test  al, al
    jz    .Lprinted                         # 0 ends the text
    mov   ah, al
    mov   dx, 0x3fd
.Lnot_ready:
    in    al, dx                            # serial: line status
    test  al, 0x20
    jz    .Lnot_ready
    mov   dx, 0x3f8
    mov   al, ah
    out   dx, al                            # serial: data
    jmp   .Lnext_byte

.Lprinted:
    mov   ax, 200
    out   0x40, ax                          # timer: tick in 200 µs
    hlt                                     #        and sleep until then
    in    ax, 0x40                          # timer: how many ticks so far?
    mov   byte ptr [0x8000 + 511], al       # the last byte of the buffer

    mov   dword ptr es:[0], 1               # disk: sector 1
    mov   dword ptr es:[4], 0x8000          #       from the buffer
    mov   dword ptr es:[8], 2               #       write
    cmp   dword ptr es:[12], 0

.Lhalt:
    hlt                                     # the timer is not armed: the round is over
    jmp   .Lround
