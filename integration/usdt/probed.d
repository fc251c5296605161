provider probed {
    probe guarded_none();
    probe guarded_narrow(unsigned char, signed char, unsigned short, short);
    probe guarded_wide(unsigned int, int, unsigned long, long);
    probe guarded_other(unsigned char, unsigned long, long, void *);
    probe guarded_texts(const char *, const char *, const char *);
    probe guarded_twelve(int, int, int, int, int, int, int, int, int, int, int, int);
};
